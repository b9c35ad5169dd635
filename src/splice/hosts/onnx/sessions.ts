import { refusedByRuntime } from '../../../errors';
import type { Openable } from '../../../io/bytes/source';
import { type Changes, changed } from '../../../io/onnx/edits';
import type { OnnxGraph } from '../../../io/onnx/graph';
import { allBytes, type ExternalData } from './files';
import type { OnnxRuntime, OnnxSession } from './runtime';

/** What errors call the runtime. */
const RUNTIME = 'onnxruntime';

/** A session, and what of the model it computes. */
interface Kept {
  readonly part: string;
  readonly session: OnnxSession;
}

/**
 * Sessions of a model: one of each kind at a time, for each holds the weights that its part of the model
 * needs. Whoever uses one has the others wait, for a runtime takes one run at a time.
 */
export class OnnxSessions {
  private readonly kept = new Map<string, Kept>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly host: string,
    private readonly model: Blob | Uint8Array,
    private readonly runtime: OnnxRuntime,
    private readonly options: object,
    private readonly external: readonly ExternalData[],
  ) {}

  /** Runs something when everything before it has ended. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.last.then(run);
    this.last = result.catch(() => undefined);
    return result;
  }

  /**
   * The session of a part of the model, made where it is not there.
   *
   * @param kind of which there is one session: another part's is given back
   * @param part which part of the model it is of
   * @param change what makes the part of the whole; nothing for all of it
   * @throws SAE_UNSUPPORTED where onnxruntime does not take it.
   */
  async of(
    kind: string,
    part: string,
    change?: (graph: OnnxGraph) => Changes,
  ): Promise<OnnxSession> {
    const known = this.kept.get(kind);
    if (known?.part === part) return known.session;
    this.kept.delete(kind);
    await known?.session.release();
    const session = await this.made(change);
    this.kept.set(kind, { part, session });
    return session;
  }

  /** Gives back all of them. */
  release(): Promise<void> {
    return this.alone(async () => {
      const all = [...this.kept.values()];
      this.kept.clear();
      for (const { session } of all) await session.release();
    });
  }

  private async made(change?: (graph: OnnxGraph) => Changes): Promise<OnnxSession> {
    const { model } = this;
    const part = change ? await changed<Openable>(model, change) : model;
    const bytes = await allBytes(part);
    const { InferenceSession } = this.runtime;
    const { external } = this;
    const options = {
      logSeverityLevel: 3, // else it warns of each weight that a part of the model does not need
      ...(external.length > 0 && { externalData: external }),
      ...this.options,
    };
    try {
      return await InferenceSession.create(bytes, options);
    } catch (error) {
      throw refusedByRuntime(this.host, RUNTIME, error);
    }
  }
}
