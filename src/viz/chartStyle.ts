/** Colours and letters that the charts of dictionaries share: their ground is light. */
export const WIDTH = 720;
export const GROUND = '#ffffff';
export const INK = '#1f2933';
export const FAINT_INK = '#4d5866';
export const GRID = '#dfe3e8';
/** What is looked at first. */
export const MAIN = '#0b6e99';
export const TITLE = { size: 18, fill: INK, bold: true };
export const LABEL = { size: 12, fill: INK };
export const TICK = { size: 12, fill: FAINT_INK };
