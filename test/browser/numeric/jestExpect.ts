/** In place of `@jest/expect`, which brings the writing of snapshots, and Babel with it. */
export { expect as jestExpect } from 'expect';
