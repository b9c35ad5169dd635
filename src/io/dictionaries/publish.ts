import type { ModelCardArgs } from '../hub/modelCard';
import type { Uploaded, UploadFolderArgs } from '../hub/uploadFolder';
import type { Dictionary } from './dictionary';
import type { DictionaryFile } from './format';

/**
 * Uploads a dictionary's files to the hub in one commit, with a card of what is known about it.
 *
 * @param target `hf://owner/repo/path`
 * @param files the files that a format writes
 * @returns the commit, and its page
 * @throws SAE_OPTION or SAE_FILE, like `uploadFolder`.
 */
export async function publishFiles(
  target: string,
  { architecture, metadata }: Dictionary,
  files: readonly DictionaryFile[],
  { card, ...upload }: UploadFolderArgs & { card?: Partial<ModelCardArgs> } = {},
): Promise<Uploaded> {
  // The code that talks to the hub is loaded only now.
  const { modelCard } = await import('../hub/modelCard');
  const { uploadFolder } = await import('../hub/uploadFolder');
  const { modelName, hookName, datasetPath } = metadata;
  const said = { baseModel: modelName, place: hookName, datasets: datasetPath && [datasetPath] };
  const known = Object.entries(said).filter(([, value]) => value !== undefined);
  const readme = modelCard({
    name: target.slice(target.lastIndexOf('/') + 1),
    ...{ architecture, address: target },
    ...Object.fromEntries(known),
    ...card,
  });
  const contents = files.map(({ path, pieces }) => {
    return { path, content: new Blob([...pieces] as BlobPart[]) };
  });
  const readMe = { path: 'README.md', content: new TextEncoder().encode(readme) };
  return uploadFolder(target, [...contents, readMe], upload);
}
