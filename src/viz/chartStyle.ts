/** Colours and fonts shared by the charts of dictionaries, on a light background. */
export const WIDTH = 720;
export const GROUND = '#ffffff';
export const INK = '#1f2933';
export const FAINT_INK = '#4d5866';
export const GRID = '#dfe3e8';
/** The colour of the main marks. */
export const MAIN = '#0b6e99';
export const TITLE = { size: 18, fill: INK, bold: true };
export const LABEL = { size: 12, fill: INK };
export const TICK = { size: 12, fill: FAINT_INK };
