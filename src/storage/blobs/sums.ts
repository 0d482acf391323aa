import { crc32 } from "@node-rs/crc32";
import type { FrameCodec } from "./frames.ts";

/**
 * Unencrypted frames with a CRC-32 as their mark, which detects disk errors. With vector instructions it runs
 * at about 10 GB/s, so its cost is a fraction of that of sending the bytes.
 */
export const sums: FrameCodec = {
  magic: Buffer.from("NBL1"),
  markBytes: 4,
  begin() {
    let sum = 0;
    return {
      add(piece) {
        sum = crc32(piece, sum);
        return piece;
      },
      mark: () => word(sum),
    };
  },
  open(bytes, _, mark) {
    return crc32(bytes) === new DataView(mark.buffer, mark.byteOffset).getUint32(0, true);
  },
  written() {},
  footerMark: (footer, id) => word(crc32(id, crc32(footer))),
};

function word(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
