import { afterEach, describe, expect, it, vi } from "vitest";
import { faultPoint } from "../../src/payments/fault.ts";

afterEach(() => vi.unstubAllGlobals());

describe("faultPoint", () => {
  it("does nothing without the variable", async () => {
    const fetched = vi.fn();
    vi.stubGlobal("fetch", fetched);
    await faultPoint({}, "after_sign");
    await faultPoint({ TEST_FAULT_URL: "" }, "after_sign");
    expect(fetched).not.toHaveBeenCalled();
  });

  it("tells the harness the point and waits for it", async () => {
    const fetched = vi.fn(async () => new Response("go on"));
    vi.stubGlobal("fetch", fetched);
    await faultPoint({ TEST_FAULT_URL: "http://127.0.0.1:1/f" }, "after_send");
    expect(fetched).toHaveBeenCalledWith("http://127.0.0.1:1/f?point=after_send");
  });

  it("does not care for a harness that is gone", async () => {
    vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("refused")));
    await expect(faultPoint({ TEST_FAULT_URL: "http://127.0.0.1:1/" }, "after_observe")).resolves.toBeUndefined();
  });
});
