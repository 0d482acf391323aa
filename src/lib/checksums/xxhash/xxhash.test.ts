import { expect, test } from "vitest";
import { checksum } from "../checksum.ts";

/**
 * The results of xxHash's own library (0.8.4) for these bytes, at the lengths where its algorithms differ.
 */

const bytes = Uint8Array.from({ length: 70_000 }, (_, at) => (at * 131 + (at >> 3) * 17 + 7) & 255);

const vectors: [length: number, xxhash64: string, xxhash3: string, xxhash128: string][] = [
  [0, "ef46db3751d8e999", "2d06800538d394c2", "99aa06d3014798d86001c324468d497f"],
  [1, "a96c7f0ce858bbb7", "4c5cca45d0f4811f", "495b62073ef70ca44c5cca45d0f4811f"],
  [2, "c22c6a70ad56bba6", "29c60963cbfa4e6e", "f1b5eec902a1eb5e29c60963cbfa4e6e"],
  [3, "bed43740ee6332bb", "6e3e2670e61106ac", "390cdc5b4a895dd76e3e2670e61106ac"],
  [4, "fa212ae44b3bb23d", "5c4c63133443d03f", "aa6e2f274640a3f43d668af6f2a44d77"],
  [8, "994b676b71ce94dd", "f9fd4dd0b04d78f5", "6a86a3bda6af4e3d61ddbe7f31a6100d"],
  [9, "56437836cc49a399", "30513ed207b9c340", "5eb483f32bcb98ad448f666cf7e99f92"],
  [16, "24243f8bf4abaafd", "8adf25212dbe075a", "e6e83b90832570dd87ee65cfb47bf743"],
  [17, "8969cbbce1f9e7b3", "2d1d4b10cfd7b927", "d5a4089b223483be51f3ab6e559e795f"],
  [32, "92024f0fd90b36b6", "ac60d61de7d98146", "6022a88d7a964967627edc951e187680"],
  [33, "36f741aceb1d2c02", "fd0f77ca4ac4a812", "26503aa618944585201de6faf97e745d"],
  [64, "d665a13e8d6755da", "66a38e66471a80fc", "230467b6a6522bbb0310ec86452cb9d2"],
  [128, "de37aeaacbb94396", "2f1201c2c47daae3", "e56399b9803d9e021460dd13a343a8a0"],
  [129, "5edf38513ebfdf85", "ecbc59d789b2b1e4", "4cc9ad5fd84e8a109020c417cc7c249a"],
  [144, "b96cda3f3a052504", "cac311e356a1a307", "e24522c724f3cacbd5c104768f619344"],
  [240, "edc473069a44770a", "3b20bc131daf9d46", "f786fdbfd77bb5418e374d14a1cabc2c"],
  [241, "a79b5e41874ed3d1", "b303ea29a5d81afb", "2907eb7c0e5b92e1b303ea29a5d81afb"],
  [1_024, "7830fd4bf11daa3a", "59f4d7cbff58cffa", "e851c850ca2bfa1b59f4d7cbff58cffa"],
  [1_025, "5c7de5bda3c9f289", "c7113800d3982ecc", "5816dbc16485098fc7113800d3982ecc"],
  [1_088, "61d2a6cc9a2f89d7", "459d30d49ca0689b", "2d4cfe9a365a5518459d30d49ca0689b"],
  [2_049, "2671dc3c90dac54e", "42459b393b5357a8", "588577ca9347a03642459b393b5357a8"],
  [70_000, "283391a1d8821a52", "9095f090cebf29e4", "9d66dfd9ff937ea39095f090cebf29e4"],
];

test.each(vectors)("of %i bytes", (length, ...expected) => {
  for (const step of [length + 1, 13, 64, 1_500]) {
    const sums = (["xxhash64", "xxhash3", "xxhash128"] as const).map(checksum);
    for (let at = 0; at < length; at += step)
      for (const sum of sums) sum.update(bytes.subarray(at, Math.min(at + step, length)));
    expect(sums.map((sum) => Buffer.from(sum.digest()).toString("hex"))).toEqual(expected);
  }
});
