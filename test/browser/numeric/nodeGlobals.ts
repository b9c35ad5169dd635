/** Node's globals, as imports of whoever names them: the page itself stays without. */
export { Buffer } from 'buffer';
export { default as process } from 'process';
