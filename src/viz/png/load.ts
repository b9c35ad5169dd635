/** What draws PNGs, when it is first needed: pages that need none do not load its 2 MB. */
export const loadRasterizer = () => import('./rasterizer');
