import { runOn } from './backend';

runOn('cpu');
