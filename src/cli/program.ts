import { Command } from 'commander';
import { version } from '../../package.json';
import { addCompare } from './compare/compare';
import { addConvert } from './convert/convert';
import { addDoctor } from './doctor/doctor';
import { addEvaluate } from './evaluate/evaluate';
import { addDashboard } from './figures/dashboard';
import { addGallery } from './figures/gallery';
import { addInspect } from './inspect/inspect';
import { addNative } from './native/native';
import { addProbe } from './probe/probe';
import { addQuickstart } from './quickstart/quickstart';
import { addTrain } from './train/train';

/**
 * Creates the command line of this package. Its errors are thrown; it does not exit.
 *
 * @param home the folder of this program
 */
export function createProgram(home: string): Command {
  const program = new Command('gated-sae')
    .description('Gated sparse autoencoders for TensorFlow.js.')
    .version(version)
    .showHelpAfterError('Run the command with --help to see its arguments and options.')
    .exitOverride();
  addQuickstart(program, home);
  addTrain(program, home);
  addConvert(program, home);
  addInspect(program, home);
  addGallery(program, home);
  addDashboard(program, home);
  addEvaluate(program, home);
  addCompare(program, home);
  addNative(program, home);
  addDoctor(program, home);
  addProbe(program, home);
  return program;
}
