/** The page's program and style sheet, which app/build.mts makes. */
export interface App {
  /** The program, deflated, as base64. */
  readonly program: string;
  /** Its hash, as a Content-Security-Policy has it. */
  readonly programHash: string;
  readonly style: string;
  readonly styleHash: string;
}

/** The page's program, when the first dashboard is made: pages that make none do not load it. */
export async function loadApp(): Promise<App> {
  await import('./app.generated');
  return (globalThis as unknown as { gatedSAEDashboard: App }).gatedSAEDashboard;
}
