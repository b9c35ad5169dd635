import { testBackend } from '../browser/numeric/backendTests.mts';

testBackend('webgl');
