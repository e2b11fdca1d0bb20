/** What the demo's agents buy: where, for how much, and why. Amounts are ranges of the usual price in USD. */

/**
 * @typedef {{ vendor: string, category: string, from: number, to: number, most: number, often: number, reasons: string[] }} Shelf
 * `most`: never above, whatever the month still has room for. `often`: how likely beside the others.
 */

/** @type {Record<"research" | "content" | "infrastructure", Shelf[]>} */
export const SHELVES = {
  research: [
    {
      vendor: "https://api.openweathermap.org",
      category: "weather",
      from: 0.9,
      to: 3.5,
      most: 12,
      often: 5,
      reasons: [
        "Forecast for the store opening in Ljubljana",
        "Rain history for the delivery study",
        "Ten-day forecast",
      ],
    },
    {
      vendor: "https://api.marketdata.example",
      category: "data",
      from: 2.5,
      to: 8,
      most: 14.9,
      often: 5,
      reasons: ["Daily prices, three sectors", "Intraday bars for the pricing model", "Exchange rates of last week"],
    },
    {
      vendor: "https://registry.companies.example",
      category: "data",
      from: 1.2,
      to: 6,
      most: 14,
      often: 3,
      reasons: ["Ownership of a new supplier", "Annual report of a competitor", "Check of a customer's address"],
    },
    {
      vendor: "https://geo.tiles.example",
      category: "api",
      from: 0.6,
      to: 2.8,
      most: 10,
      often: 3,
      reasons: ["Map tiles for the regional report", "Travel times between warehouses"],
    },
    {
      vendor: "https://reports.insight-group.example",
      category: "reports",
      from: 16,
      to: 24,
      most: 24.9,
      often: 1,
      reasons: ["Household appliances 2026: summary", "Consumer panel, third quarter", "Market size of meal kits"],
    },
  ],
  content: [
    {
      vendor: "https://shutterstock.com",
      category: "images",
      from: 9,
      to: 24,
      most: 30,
      often: 1,
      reasons: ["Header picture for the autumn page", "Six pictures for the newsletter", "Background for the job page"],
    },
    {
      vendor: "https://api.openai.com",
      category: "text",
      from: 2.5,
      to: 8,
      most: 9.9,
      often: 6,
      reasons: ["Product texts, 40 items", "Translation of the help pages", "Alternative texts for pictures"],
    },
    {
      vendor: "https://fonts.example",
      category: "fonts",
      from: 12,
      to: 24,
      most: 36,
      often: 1,
      reasons: ["Web licence of the headline font", "One more weight of the text font"],
    },
  ],
  infrastructure: [
    {
      vendor: "https://compute.northcloud.example",
      category: "cloud",
      from: 28,
      to: 75,
      most: 98,
      often: 5,
      reasons: ["Build machines, one week", "More memory for the search index", "Staging environment"],
    },
    {
      vendor: "https://db.harborsql.example",
      category: "cloud",
      from: 110,
      to: 150,
      most: 185,
      often: 1,
      reasons: ["Database, larger plan for the season", "Read replica for the reports"],
    },
    {
      vendor: "https://cdn.edgeline.example",
      category: "cloud",
      from: 14,
      to: 46,
      most: 90,
      often: 4,
      reasons: ["Traffic of last week", "Image resizing, one million requests"],
    },
    {
      vendor: "https://uptime-watch.example",
      category: "monitoring",
      from: 9,
      to: 29,
      most: 60,
      often: 3,
      reasons: ["Checks from three more regions", "Status page"],
    },
    {
      vendor: "https://logs.tracebase.example",
      category: "monitoring",
      from: 18,
      to: 55,
      most: 95,
      often: 3,
      reasons: ["Log storage, 30 days", "Traces of the checkout"],
    },
    {
      vendor: "https://registrar.example",
      category: "domains",
      from: 11,
      to: 38,
      most: 55,
      often: 1,
      reasons: ["Renewal of demo-company.example", "Domain for the new shop"],
    },
  ],
};

/** What people write when they approve; often nothing. */
export const NOTES = [
  "Known supplier.",
  null,
  "Agreed in the planning meeting.",
  null,
  "Within this month's plan.",
  null,
];
