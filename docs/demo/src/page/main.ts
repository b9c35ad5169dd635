import { IMAGE_FILE } from '../images';
import { Controls } from './controls';
import { element } from './elements';
import { complain, say } from './notices';
import { startStudio } from './studio';

/** Everything begins when the worker has its images. */
async function start(): Promise<void> {
  say('Loading the pictures…');
  let controls: Controls | undefined;
  const studio = startStudio((report) => controls?.hear(report));
  try {
    const environment = await studio.prepare(new URL(IMAGE_FILE, document.baseURI).href);
    controls = new Controls(studio, environment);
    const { isolated, backend } = environment;
    const threads = isolated ? `${navigator.hardwareConcurrency} cores` : 'one core';
    element('environment', HTMLElement).textContent =
      `Trains on ${threads}; tfjs backend: ${backend}.`;
    say('Ready.');
  } catch (error) {
    say('The page could not be started.');
    complain(error);
  }
}

void start();
