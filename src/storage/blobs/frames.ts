/**
 * The layout of a blob's file: its bytes frame by frame, then a footer with a mark that proves each of them unchanged.
 *
 *     frames of 64 KiB (the last may be shorter), as they are or encrypted
 *     per frame a mark of it
 *     size of the blob         8 bytes
 *     magic                    4 bytes
 *     a mark of the footer so far and of the blob's id
 *
 * Numbers are little-endian. The id is included so that a file under a wrong name is found out, too. A ranged
 * read checks whole frames, thus reads at most 128 KiB more than was asked for; of a small file it reads all. What a
 * mark is, `sums.ts` and `sealed.ts` say.
 */
export const FRAME_BYTES = 64 * 1024;

const NUMBERS_BYTES = 12;
/** Marks that memory is allocated for at first; it doubles from there. */
const FIRST_MARKS = 16;

/** How frames are stored, and the marks that prove them unchanged. */
export interface FrameCodec {
  /** Four letters. */
  readonly magic: Uint8Array;
  readonly markBytes: number;
  /** Begins frame number `frame`. */
  begin(frame: number): Frame;
  /** Whether a stored frame is as it was written; makes its bytes, in place, what was given to be stored. */
  open(bytes: Uint8Array, frame: number, mark: Uint8Array): boolean;
  footerMark(footer: Uint8Array, id: string): Uint8Array;
  /** Called when what `add` returned has been written. */
  written(stored: Uint8Array): void;
}

/** A frame that is being written. */
export interface Frame {
  /** The next bytes as they are to be stored. */
  add(piece: Uint8Array): Uint8Array;
  /** Call it once, last. */
  mark(): Uint8Array;
}

export interface Footer {
  size: number;
  /** One after another. */
  marks: Uint8Array;
}

/** Makes frames of the bytes of a blob, which come in pieces of any size. */
export function frameWriter(by: FrameCodec) {
  /** In one piece: as an object each, the marks of a large blob would take more memory than all else that holds it. */
  let marks = Buffer.alloc(FIRST_MARKS * by.markBytes);
  let frames = 0;
  let size = 0;
  let frame: Frame | undefined;

  function addMark(mark: Uint8Array): void {
    const at = frames++ * by.markBytes;
    if (at === marks.length) marks = Buffer.concat([marks], 2 * at);
    marks.set(mark, at);
  }

  return {
    /** What is to be stored of this chunk. */
    add(chunk: Uint8Array): Uint8Array[] {
      const stored: Uint8Array[] = [];
      for (let at = 0; at < chunk.length; ) {
        const piece = chunk.subarray(at, at + FRAME_BYTES - (size % FRAME_BYTES));
        frame ??= by.begin(frames);
        stored.push(frame.add(piece));
        at += piece.length;
        size += piece.length;
        if (size % FRAME_BYTES > 0) continue;
        addMark(frame.mark());
        frame = undefined;
      }
      return stored;
    },
    footer(id: string): Uint8Array {
      const numbers = Buffer.alloc(NUMBERS_BYTES);
      numbers.writeBigUInt64LE(BigInt(size));
      numbers.set(by.magic, 8);
      if (frame) addMark(frame.mark());
      const footer = Buffer.concat([marks.subarray(0, frames * by.markBytes), numbers]);
      return Buffer.concat([footer, by.footerMark(footer, id)]);
    },
  };
}

/** Where the footer begins in a file of so many bytes, or undefined if no blob has such a file. */
export function footerStart(fileBytes: number, { markBytes }: FrameCodec): number | undefined {
  const fixedBytes = NUMBERS_BYTES + markBytes;
  const frames = Math.ceil((fileBytes - fixedBytes) / (FRAME_BYTES + markBytes));
  const start = fileBytes - fixedBytes - frames * markBytes;
  return start >= 0 && Math.ceil(start / FRAME_BYTES) === frames ? start : undefined;
}

/** The footer that `bytes` hold, or undefined if they are not the footer of that blob as it was written. */
export function decodeFooter(bytes: Buffer, id: string, by: FrameCodec): Footer | undefined {
  const footer = bytes.subarray(0, -by.markBytes);
  const numbers = footer.subarray(-NUMBERS_BYTES);
  const sound =
    numbers.subarray(8).equals(by.magic) && bytes.subarray(-by.markBytes).equals(by.footerMark(footer, id));
  if (!sound) return undefined;
  return { size: Number(numbers.readBigUInt64LE(0)), marks: footer.subarray(0, -NUMBERS_BYTES) };
}

/**
 * Opens the frames in `bytes`, which begin with frame number `first`.
 * @returns the first of them that is not as it was written
 */
export function openFrames(
  bytes: Uint8Array,
  first: number,
  { marks }: Footer,
  by: FrameCodec,
): number | undefined {
  for (let at = 0, frame = first; at < bytes.length; at += FRAME_BYTES, frame++) {
    const mark = marks.subarray(frame * by.markBytes, (frame + 1) * by.markBytes);
    if (!by.open(bytes.subarray(at, at + FRAME_BYTES), frame, mark)) return frame;
  }
  return undefined;
}
