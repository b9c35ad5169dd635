import { loadSAE } from '../../../../src';
import { Edited } from '../edited';

/**
 * What every format refuses: a tensor that is missing, one of another shape, one too many.
 *
 * @param fixture a committed dictionary
 * @param file its tensors, which are all of one axis or two
 */
export function refusesDamage(fixture: string, file: string): void {
  describe(`${fixture}, damaged`, () => {
    test('each tensor is asked for, in its shape', async () => {
      const names = [...(await (await Edited.of(fixture)).read(file)).keys()];
      expect(names.length).toBeGreaterThan(2);
      for (const name of names) {
        const one = await Edited.of(fixture);
        const [length = 0, ...others] = (await one.read(file)).get(name)?.shape ?? [];
        await one.tensors(file, { [name]: [length + 1, ...others] });
        const shape = `expected ${name} of shape [${[length, ...others].join(', ')}]`;
        await expect(loadSAE(one.folder)).toBeRefused('SAE_SHAPE', one.folder, shape);
        await one.tensors(file, { [name]: undefined });
        await expect(loadSAE(one.folder)).toBeRefused('SAE_FILE', one.folder, 'expected tensors ');
      }
    });

    test('another tensor', async () => {
      const one = await Edited.of(fixture);
      await one.tensors(file, { another: [2] });
      const said = 'expected no other tensors than ';
      await expect(loadSAE(one.folder)).toBeRefused('SAE_FILE', one.folder, said);
    });
  });
}
