import fc from "fast-check";

/**
 * Property tests look somewhere else at every run, which is how they find things. A continuous run must give the same
 * verdict for the same code, so there the seed is fixed; `FC_SEED` sets another.
 */
const seed = process.env.FC_SEED ?? (process.env.CI === undefined ? undefined : "20261121");
if (seed !== undefined) fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
