import { type DashboardRoute, EVERYONE, MANAGERS } from "../../route.ts";
import { alertSettingsPage, saveAlertSettings } from "./alerts.tsx";
import { budgetsPage, saveBudgets } from "./budgets.tsx";
import { generalPage, saveGeneral } from "./general.tsx";
import {
  createMerchant,
  deleteMerchant,
  merchantPage,
  newMerchantPage,
  saveMerchant,
  saveMerchantHook,
} from "./merchant.tsx";
import { merchantsPage } from "./merchants.tsx";
import { createProfile, deleteProfile, newProfilePage, profilePage, saveProfile } from "./profile.tsx";
import { profilesPage } from "./profiles.tsx";
import { removeStripeKey, saveStripeDisputes, saveStripeHook, saveStripeKey, stripePage } from "./stripe.tsx";
import { activateWallet, createWallet, importWallet, x402Page } from "./x402.tsx";

const SETTINGS = "/:org/settings";
const BUDGETS = `${SETTINGS}/budgets`;
const ALERTS = `${SETTINGS}/alerts`;
const X402 = `${SETTINGS}/x402`;
const STRIPE = `${SETTINGS}/stripe`;
const MERCHANTS = `${SETTINGS}/merchants`;
const MERCHANT = `${MERCHANTS}/:merchant_id`;
const PROFILES = `${SETTINGS}/profiles`;
const PROFILE = `${PROFILES}/:profile_name`;

export const settingsRoutes: readonly DashboardRoute[] = [
  { id: "settings", method: "GET", path: SETTINGS, access: EVERYONE, handle: generalPage },
  { id: "settings.save", method: "POST", path: SETTINGS, access: MANAGERS, handle: saveGeneral },
  { id: "settings.budgets", method: "GET", path: BUDGETS, access: EVERYONE, handle: budgetsPage },
  { id: "settings.budgets.save", method: "POST", path: BUDGETS, access: MANAGERS, handle: saveBudgets },
  { id: "settings.alerts", method: "GET", path: ALERTS, access: EVERYONE, handle: alertSettingsPage },
  { id: "settings.alerts.save", method: "POST", path: ALERTS, access: MANAGERS, handle: saveAlertSettings },
  { id: "settings.x402", method: "GET", path: X402, access: EVERYONE, handle: x402Page },
  { id: "settings.x402.create", method: "POST", path: `${X402}/create`, access: MANAGERS, handle: createWallet },
  { id: "settings.x402.import", method: "POST", path: `${X402}/import`, access: MANAGERS, handle: importWallet },
  {
    id: "settings.x402.activate",
    method: "POST",
    path: `${X402}/wallets/:wallet_id/activate`,
    access: MANAGERS,
    handle: activateWallet,
  },
  { id: "settings.stripe", method: "GET", path: STRIPE, access: EVERYONE, handle: stripePage },
  { id: "settings.stripe.key", method: "POST", path: `${STRIPE}/key`, access: MANAGERS, handle: saveStripeKey },
  { id: "settings.stripe.remove", method: "POST", path: `${STRIPE}/remove`, access: MANAGERS, handle: removeStripeKey },
  { id: "settings.stripe.hook", method: "POST", path: `${STRIPE}/hook`, access: MANAGERS, handle: saveStripeHook },
  {
    id: "settings.stripe.disputes",
    method: "POST",
    path: `${STRIPE}/disputes`,
    access: MANAGERS,
    handle: saveStripeDisputes,
  },
  { id: "settings.merchants", method: "GET", path: MERCHANTS, access: EVERYONE, handle: merchantsPage },
  { id: "settings.merchants.new", method: "GET", path: `${MERCHANTS}/new`, access: MANAGERS, handle: newMerchantPage },
  {
    id: "settings.merchants.create",
    method: "POST",
    path: `${MERCHANTS}/new`,
    access: MANAGERS,
    handle: createMerchant,
  },
  { id: "settings.merchants.show", method: "GET", path: MERCHANT, access: EVERYONE, handle: merchantPage },
  { id: "settings.merchants.save", method: "POST", path: MERCHANT, access: MANAGERS, handle: saveMerchant },
  {
    id: "settings.merchants.hook",
    method: "POST",
    path: `${MERCHANT}/hook`,
    access: MANAGERS,
    handle: saveMerchantHook,
  },
  {
    id: "settings.merchants.delete",
    method: "POST",
    path: `${MERCHANT}/delete`,
    access: MANAGERS,
    handle: deleteMerchant,
  },
  { id: "settings.profiles", method: "GET", path: PROFILES, access: EVERYONE, handle: profilesPage },
  ...(["stripe", "acp"] as const).flatMap((kind): DashboardRoute[] => {
    const path = `${PROFILES}/new/${kind}`;
    return [
      { id: `settings.profiles.new.${kind}`, method: "GET", path, access: MANAGERS, handle: newProfilePage(kind) },
      { id: `settings.profiles.create.${kind}`, method: "POST", path, access: MANAGERS, handle: createProfile(kind) },
    ];
  }),
  { id: "settings.profiles.show", method: "GET", path: PROFILE, access: EVERYONE, handle: profilePage },
  { id: "settings.profiles.save", method: "POST", path: PROFILE, access: MANAGERS, handle: saveProfile },
  {
    id: "settings.profiles.delete",
    method: "POST",
    path: `${PROFILE}/delete`,
    access: MANAGERS,
    handle: deleteProfile,
  },
];

/** What the next page says: see `done.ts`. */
export const SETTINGS_DONE: Readonly<Record<string, string>> = {
  organization_saved: "The organization is saved.",
  budgets_saved: "The budgets are saved, and hold from now on.",
  alerts_saved: "The alerts are saved.",
  wallet_created: "The wallet is there. Send USDC to its address.",
  wallet_imported: "The wallet is there, and its key is sealed.",
  wallet_activated: "New payments come from this wallet.",
  stripe_saved: "Stripe has taken the key. It is sealed, and used from now on.",
  stripe_removed: "The key is removed. Nothing new is paid through Stripe.",
  stripe_disputes_saved: "Saved.",
  hook_saved: "The signing secret is sealed. Messages that it signs are taken from now on.",
  merchant_added: "The merchant is there. A profile says who may buy from it.",
  merchant_saved: "The merchant is saved.",
  merchant_removed: "The merchant is removed.",
  profile_added: "The profile is there. List it in a mandate, so that its agent may use it.",
  profile_saved: "The profile is saved.",
  profile_removed: "The profile is removed.",
};
