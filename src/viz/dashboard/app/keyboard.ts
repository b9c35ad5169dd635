/** What keys do. */
export interface KeyActions {
  /** 1 for the next feature or row, −1 for the previous one. */
  step(by: 1 | -1): void;
  /** From a feature's page to the overview. */
  back(): void;
  /** Empties the search field, or leaves it. */
  clear(): void;
  search(): void;
  /** Gives the feature a star, or takes it away. */
  star(): void;
  help(): void;
  /** Whether a feature's page is open. */
  readonly reading: boolean;
  /** Whether a row of the table has the focus. */
  readonly inTable: boolean;
}

/** Listens to the keys of the whole page; those of fields and windows are left to them. */
export function listenToKeys(actions: KeyActions): void {
  document.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]') !== null) return;
    const act = actionOf(event, actions);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

function actionOf(event: KeyboardEvent, actions: KeyActions): (() => void) | undefined {
  const { key, target } = event;
  if (isWritten(target)) {
    if (key !== 'Escape') return undefined;
    return target.type === 'search' ? actions.clear : () => target.blur();
  }
  // Arrows move the border.
  if (target instanceof HTMLInputElement && target.type === 'range' && /^Arrow/.test(key))
    return undefined;
  switch (key) {
    case 'Escape':
      return actions.reading ? actions.back : undefined;
    case '/':
      return actions.search;
    case 's':
      return actions.star;
    case '?':
      return actions.help;
    case 'j':
      return () => actions.step(1);
    case 'k':
      return () => actions.step(-1);
    case 'ArrowRight':
      return actions.reading ? () => actions.step(1) : undefined;
    case 'ArrowLeft':
      return actions.reading ? () => actions.step(-1) : undefined;
    case 'ArrowDown':
      return !actions.reading && actions.inTable ? () => actions.step(1) : undefined;
    case 'ArrowUp':
      return !actions.reading && actions.inTable ? () => actions.step(-1) : undefined;
    default:
      return undefined;
  }
}

/** Whether somebody writes there. */
function isWritten(target: unknown): target is HTMLInputElement | HTMLTextAreaElement {
  if (target instanceof HTMLTextAreaElement) return true;
  return target instanceof HTMLInputElement && ['search', 'text'].includes(target.type);
}
