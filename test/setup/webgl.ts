import { forbidLeaks, use } from './backend';

use('webgl');
forbidLeaks();
