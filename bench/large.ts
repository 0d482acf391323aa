import { interleaved, measure, round } from "./measure.ts";
import { plain, signed } from "./requests.ts";
import { startNginx, startNube } from "./servers.ts";
import { once } from "./small.ts";

const SIZE = 100 * 1024 * 1024;
const MIB = 1024 * 1024;

/** 100 MiB on one connection: Nube with MD5, checksums and fdatasync, nginx without. */
export async function large(): Promise<void> {
  const nube = await startNube();
  const nginx = await startNginx();
  const { port } = nube;
  await measure(
    nube,
    once(() => signed({ port, method: "PUT", path: "/bench" })),
  );
  const body = Buffer.alloc(SIZE, "large");
  const options = { connections: 1, seconds: 1.5 };
  const uploads = {
    nube: signed({ port, method: "PUT", path: "/bench/large", body, unsigned: true }),
    nginx: plain({ method: "PUT", path: "/large", body }),
  };
  const downloads = {
    nube: signed({ port, method: "GET", path: "/bench/large" }),
    nginx: plain({ method: "GET", path: "/large" }),
  };
  const rows: Record<string, object> = {};
  for (const [name, { nube: mine, nginx: theirs }] of Object.entries({
    "PUT with ETag": uploads,
    GET: downloads,
  })) {
    const figures = await interleaved(5, {
      nube: () => measure(nube, { ...options, next: () => mine }),
      nginx: () => measure(nginx, { ...options, next: () => theirs }),
    });
    const speed = (perSecond = Number.NaN) => (perSecond * SIZE) / MIB;
    const nubeSpeed = speed(figures.nube.perSecond);
    const nginxSpeed = speed(figures.nginx.perSecond);
    rows[name] = {
      "nube MiB/s": round(nubeSpeed),
      "nginx MiB/s": round(nginxSpeed),
      ratio: round(nubeSpeed / nginxSpeed, 2),
      "nube CPU ms": round(figures.nube.cpu / 1_000),
      "nginx CPU ms": round(figures.nginx.cpu / 1_000),
    };
  }
  console.table(rows);
  await nube.stop();
  await nginx.stop();
}
