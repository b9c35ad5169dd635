import { withTfjs } from './withTfjs.mts';

withTfjs('4.22.0');
