const tf = require('@tensorflow/tfjs');
const main = require('gated-sae-tfjs');
const files = require('gated-sae-tfjs/node');

void import('./story.mjs')
  .then(({ story }) => story({ tf, main, files }, process.argv[2]))
  .then((result) => console.log(JSON.stringify(result)));
