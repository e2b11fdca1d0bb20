/** Stands in for the dashboard and for accounts where the start of a Worker without them is measured. */
export const serveDashboard = (): Response => new Response(null, { status: 404 });
export const peopleOf = (): never => {
  throw new Error("this Worker was bundled without accounts");
};
