import type { Catalog } from "#kernel/runtime.ts";

/** Every service, each loaded by its first call. */
export const catalog: Catalog = {
  sts: () => import("#services/sts/service.ts").then((m) => m.sts),
};
