import { forbidLeaks, use } from './backend';

use('cpu');
forbidLeaks();
