/**
 * Draws what comes in on stdin: `[rows, args]` pairs as JSON in, SVG texts as JSON out.
 *
 * A process of its own: Plot and d3 are ES modules, which Jest does not load.
 */
import { readFileSync } from 'node:fs';
import { lossCurve } from '../../src/viz/lossCurve';

const calls = JSON.parse(readFileSync(0, 'utf8')) as Parameters<typeof lossCurve>[];
process.stdout.write(JSON.stringify(calls.map((call) => lossCurve(...call))));
