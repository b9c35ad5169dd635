import { badFile, HubStatus, missing, type SAEError } from '../../errors';
import { parseAddress } from '../../io/hub/address';
import { hubSettings } from '../../io/hub/settings';
import { printable } from '../printable';

/** Whether to create OUT's repository, if it is missing, as public or private. */
export type CreateRepo = 'public' | 'private';

/** The file that the hub puts into a new repository. */
const ITS_OWN = '.gitattributes';

/**
 * Throws, before anything is read, for a place on the hub that cannot be written, or where
 * something is that must not be replaced.
 *
 * @param address the address of OUT
 * @throws SAE_MISSING without a token; SAE_OPTION for an invalid address; SAE_FILE if the hub
 *   refuses, or if something is there.
 */
export async function assertFreeOnHub(
  address: string,
  overwrite: boolean,
  createRepo: CreateRepo | undefined,
): Promise<void> {
  const settings = hubSettings('OUT', {});
  const place = parseAddress('OUT', address);
  if (settings.token === undefined) {
    const advice = 'Set HF_TOKEN to one that is made for writing.';
    throw missing(printable(address), 'a token that may write there', advice);
  }
  const { folderAt } = await import('../../io/hub/hubFolder');
  const folder = folderAt(place, settings);
  const files = await folder.files().catch((error: SAEError): readonly string[] => {
    const code = error.cause instanceof HubStatus ? error.cause.code : undefined;
    if (code === 'EntryNotFound' || (code === 'RepoNotFound' && createRepo)) return [];
    if (code !== 'RepoNotFound') throw error;
    const advice = 'Check its name, or have it made by --create-repo.';
    throw badFile(folder.name, 'a repository that may be written', 'none', advice, error);
  });
  if (overwrite || files.every((file) => file === ITS_OWN)) return;
  const advice = 'Choose another OUT, or replace what has the same names by --overwrite.';
  throw badFile(folder.name, 'a place without files', `${files.length} of them`, advice);
}
