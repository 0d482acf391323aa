import type { InventoryConfiguration } from "#aws/contract/types/s3.ts";
import { configuration } from "../buckets/configurations.ts";

export interface Inventory {
  document: InventoryConfiguration;
  /** The number of the job that writes the reports. A job with another number ends. */
  generation: number;
}

export const inventories = configuration<Inventory>("inventory");
