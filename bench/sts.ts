import { interleaved, measure, round } from "./measure.ts";
import { plain, signed } from "./requests.ts";
import { startNginx, startNube } from "./servers.ts";

const body = Buffer.from("Action=GetCallerIdentity&Version=2011-06-15");
const headers = { "content-type": "application/x-www-form-urlencoded" };

/** The smallest whole call: its signature is verified, and it is recorded in the trail. */
export async function sts(): Promise<void> {
  const nube = await startNube();
  const nginx = await startNginx();
  const call = signed({ port: nube.port, method: "POST", path: "/", service: "sts", headers, body });
  const options = { connections: 32, seconds: 2 };
  await measure(nube, { ...options, seconds: 5, next: () => call });
  const figures = await interleaved(5, {
    nube: () => measure(nube, { ...options, next: () => call }),
    nginx: () =>
      measure(nginx, { ...options, next: () => plain({ method: "GET", path: "/" }), expect: () => true }),
  });
  for (const [name, { perSecond, cpu }] of Object.entries(figures)) {
    console.log(`${name.padEnd(8)} ${round(perSecond)} calls/s, ${round(cpu, 1)} µs of CPU each`);
  }
  await nube.stop();
  await nginx.stop();
}
