import type { Override } from "../override.ts";

export default {
  // Messages of refusal that people quote have the values of every enumeration in this order, such as `[B, N, S]`.
  enumsHashed: true,
} satisfies Override;
