const NAMES: Readonly<Record<string, string>> = { gated: 'A Gated SAE', relu: 'A ReLU SAE' };

/** The page that leads to the example dashboards. */
export function examplesPage(architectures: readonly string[]): string {
  const items = architectures.map(
    (name) => `    <article>
      <h2>${NAMES[name] ?? name}</h2>
      <p><a class="open" href="${name}-dashboard.html">Open its dashboard</a></p>
      <img src="${name}-gallery.png" alt="The most active features of this dictionary: the decoder direction of each, and the images that activate it most">
      <details>
        <summary>The loss in training</summary>
        <img src="${name}-loss.svg" alt="The loss, its parts and the learning rate by step">
      </details>
    </article>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Example dashboards | gated-sae-tfjs</title>
    <link rel="stylesheet" href="../assets/style.css">
    <link rel="stylesheet" href="../assets/custom.css">
  </head>
  <body class="site-examples">
    <main>
      <p><a href="../index.html">gated-sae-tfjs</a></p>
      <h1>Example dashboards</h1>
      <p>Dictionaries of 512 features, trained on 12,800 images of Fashion-MNIST in twelve passes by <code>npx gated-sae quickstart --quick --encoding-dim 512</code> (the ReLU SAE with <code>--lambda 0.3</code>), and looked at with 10,000 others. Some 30 features are active on an image: few enough to be read.</p>
${items.join('\n')}
    </main>
  </body>
</html>
`;
}
