import { Command } from 'commander';
import { version } from '../../package.json';
import { addConvert } from './convert';
import { addDashboard } from './dashboard';
import { addDoctor } from './doctor';
import { addGallery } from './gallery';
import { addInspect } from './inspect';
import { addNative } from './native';
import { addProbe } from './probe';
import { addQuickstart } from './quickstart';

/**
 * The command line of this package. Its errors are thrown, not exits.
 *
 * @param home the folder of this program
 */
export function createProgram(home: string): Command {
  const program = new Command('gated-sae')
    .description('Gated sparse autoencoders for TensorFlow.js.')
    .version(version)
    .showHelpAfterError('Run the command with --help for what it takes.')
    .exitOverride();
  addQuickstart(program, home);
  addConvert(program, home);
  addInspect(program, home);
  addGallery(program, home);
  addDashboard(program, home);
  addNative(program, home);
  addDoctor(program, home);
  addProbe(program, home);
  return program;
}
