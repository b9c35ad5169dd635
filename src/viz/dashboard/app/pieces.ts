import { inflateSync } from 'fflate';
import { bytesOf } from '../../../bytes';

/** A part of the file that is not there, because the file was not copied whole. */
export class MissingPiece extends Error {
  override readonly name = 'MissingPiece';
}

/** The bytes of one piece of the file. */
export function pieceBytes(id: string): Uint8Array {
  const element = document.getElementById(id);
  const bytes = bytesOf(element?.textContent ?? '');
  const size = Number(element?.dataset['size']);
  if (bytes === undefined || !(size >= 0)) throw new MissingPiece(id);
  try {
    return inflateSync(bytes, { out: new Uint8Array(size) });
  } catch (error) {
    throw new MissingPiece(id, { cause: error });
  }
}

/** The JSON in one piece of the file. */
export const pieceJson = (id: string): unknown =>
  JSON.parse(new TextDecoder().decode(pieceBytes(id)));

/** Keeps what was last used of a kind of pieces. */
export class PieceCache<T> {
  private readonly kept = new Map<number, T>();

  constructor(
    private readonly read: (group: number) => T,
    private readonly most: number,
  ) {}

  get(group: number): T {
    const known = this.kept.get(group);
    const value = known ?? this.read(group);
    this.kept.delete(group);
    this.kept.set(group, value);
    if (this.kept.size > this.most) {
      for (const oldest of this.kept.keys()) {
        this.kept.delete(oldest);
        break;
      }
    }
    return value;
  }
}
