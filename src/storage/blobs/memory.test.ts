import { openMemoryBlobs } from "./memory.ts";
import { blobSuite } from "./suite.ts";

blobSuite(async () => openMemoryBlobs());
