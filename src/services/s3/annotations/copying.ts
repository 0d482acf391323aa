import type { StagedBlob } from "#kernel/blobs.ts";
import type { Context } from "#kernel/context.ts";
import type { ReadTransaction, Transaction } from "#kernel/records/transaction.ts";
import type { Bytes } from "#lib/joined.ts";
import { invalidArgument } from "../errors.ts";
import { bodyOfBytes, openBody } from "../objects/bytes.ts";
import { bodies, type ObjectVersion } from "../store.ts";
import { type Annotation, annotations, annotationsOf } from "./store.ts";

const HEADER = "x-amz-object-annotation-directive";

/** Whether a copy includes the annotations of its source. @throws {AwsError} InvalidArgument */
export function shouldCopyAnnotations(directive: string | undefined): boolean {
  if (directive === undefined || directive === "COPY") return true;
  if (directive === "EXCLUDE") return false;
  throw invalidArgument("Unknown annotation directive.", HEADER, directive);
}

export interface OpenAnnotation {
  annotation: Annotation;
  bytes: Bytes;
}

/** Opens the annotations of a source in the transaction that found it. */
export async function openAnnotations(
  ctx: Context,
  tx: ReadTransaction,
  version: ObjectVersion,
): Promise<OpenAnnotation[]> {
  if (!version.annotations) return [];
  const opened: OpenAnnotation[] = [];
  for (const annotation of await annotationsOf(tx, version)) {
    const bytes = await openBody({ ctx, tx }, annotation.body, 0, annotation.body.size);
    opened.push({ annotation, bytes });
  }
  return opened;
}

export interface StagedAnnotation {
  annotation: Annotation;
  staged: StagedBlob;
}

/** Stages the texts of annotations, for `write` to keep. Those that it does not keep are deleted. */
export async function withCopies<R>(
  ctx: Context,
  opened: readonly OpenAnnotation[],
  write: (copies: readonly StagedAnnotation[]) => Promise<R>,
): Promise<R> {
  const copies: StagedAnnotation[] = [];
  try {
    for (const { annotation, bytes } of opened) {
      const { size } = annotation.body;
      const staged = await ctx.blobs.receive(bodyOfBytes(bytes, size), { limit: size });
      copies.push({ annotation, staged });
    }
    const result = await write(copies);
    if (copies.length > 0) await ctx.durable();
    return result;
  } catch (error) {
    for (const { staged } of copies) await ctx.blobs.drop(staged);
    throw error;
  }
}

export async function keepCopies(
  tx: Transaction,
  { bucket, order, modified }: ObjectVersion,
  copies: readonly StagedAnnotation[],
): Promise<void> {
  for (const { annotation, staged } of copies) {
    const { replica: _, replication: __, ...plain } = annotation;
    tx.put(annotations, { ...plain, bucket, order, modified, body: await bodies.keep(tx, staged) });
  }
}
