/** Installs every version of Node that the matrix needs, before its files ask for them at once, or those that it is told. */
import { NODES, type NodeVersion, nodeOf } from './nodes.mts';

const asked = process.argv.slice(2) as NodeVersion[];
for (const version of asked.length > 0 ? asked : NODES) console.log(await nodeOf(version));
