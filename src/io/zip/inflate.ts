import { damaged } from './member';

/**
 * The number of bytes inflated at once: pages may hold all of the result, a thousand times as much.
 */
const PIECE_BYTES = 2 ** 14;

/**
 * Inflates data chunk by chunk.
 *
 * @param chunks the deflated data, in order
 * @throws SAE_FILE for data that cannot be inflated; the errors of reading the chunks.
 */
export async function* inflated(
  member: string,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  const pieces = piecesOf(chunks);
  let refusal: { readonly error: unknown } | undefined;
  const deflated = new ReadableStream<BufferSource>(
    {
      pull: async (controller) => {
        try {
          const { done, value } = await pieces.next();
          if (done) controller.close();
          else controller.enqueue(value as Uint8Array<ArrayBuffer>);
        } catch (error) {
          refusal = { error };
          controller.error(error);
        }
      },
    },
    { highWaterMark: 0 },
  );
  const reader = deflated.pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
  } catch (error) {
    throw refusal ? refusal.error : damaged(member, 'data that cannot be inflated', error);
  } finally {
    await reader.cancel().catch(() => {});
  }
}

async function* piecesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
      yield chunk.subarray(at, at + PIECE_BYTES);
    }
  }
}
