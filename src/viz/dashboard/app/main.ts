import { startDashboard } from './dashboard';
import { complain } from './trouble';

try {
  startDashboard();
} catch (error) {
  complain(error);
}
