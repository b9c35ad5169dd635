import { withTfjs } from './withTfjs.mts';

withTfjs('4.10.0');
