import { button } from './dom';

const KEY = 'gated-sae-dashboard-theme';
type Theme = 'light' | 'dark';

/** A switch between light and dark; at first it is as the system has it, or as last chosen. */
export function themeSwitch(onChange: () => void): HTMLElement {
  const system = matchMedia('(prefers-color-scheme: dark)');
  let chosen = remembered();
  const now = (): Theme => chosen ?? (system.matches ? 'dark' : 'light');
  const apply = () => {
    document.documentElement.dataset['theme'] = now();
    toggle.setAttribute('aria-pressed', String(now() === 'dark'));
    onChange();
  };
  const toggle = button({ class: 'plain' }, () => {
    chosen = now() === 'dark' ? 'light' : 'dark';
    remember(chosen);
    apply();
  });
  toggle.textContent = 'Dark';
  system.addEventListener('change', apply);
  apply();
  return toggle;
}

/** A page from disk may be refused its storage: then the choice lasts as long as the page. */
function remembered(): Theme | undefined {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === 'light' || stored === 'dark' ? stored : undefined;
  } catch {
    return undefined;
  }
}

function remember(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It is not remembered.
  }
}
