import { refusedByRuntime } from '../../../errors';
import type { Openable } from '../../../io/bytes/source';
import { type Changes, changed } from '../../../io/onnx/edits';
import type { OnnxGraph } from '../../../io/onnx/graph';
import { allBytes, type ExternalData } from './files';
import type { OnnxRuntime, OnnxSession } from './runtime';

/** How errors refer to the runtime. */
const RUNTIME = 'onnxruntime';

/** A session, and the part of the model that it computes. */
interface Kept {
  readonly part: string;
  readonly session: OnnxSession;
}

/**
 * Sessions of a model: one of each kind at a time, since each holds the weights of its part of the
 * model. Callers wait for each other, because a runtime handles one run at a time.
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

  /** Runs something after everything before it has ended. */
  alone<T>(run: () => Promise<T>): Promise<T> {
    const result = this.last.then(run);
    this.last = result.catch(() => undefined);
    return result;
  }

  /**
   * Returns the session of a part of the model, and creates it if needed.
   *
   * @param kind only one session of each kind exists: another part's is released
   * @param part which part of the model it computes
   * @param change makes the part from the whole; undefined for all of it
   * @throws SAE_UNSUPPORTED if onnxruntime rejects it.
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

  /** Releases all of them. */
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
      logSeverityLevel: 3, // otherwise it warns of each weight that a part of the model does not need
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
