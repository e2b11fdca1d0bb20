/** Id of the sealing secret that a sealed text was made with: which entry of `SEALING_SECRETS` it still needs. */
export const keyVersion = (sealed: string): string => sealed.split(".")[1] ?? "";
