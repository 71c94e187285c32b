import { useCallback } from 'react';
import { useIntl } from 'react-intl';

import { PLUGIN_ID } from '../constants';
import en from '../translations/en.json';

/** A text of the panel, by its key in the translation files. */
export type TranslationKey = keyof typeof en;

export type Values = Record<string, string | number>;

/** What Strapi wants for a text it formats itself, with English where a language lacks it. */
export const message = (key: TranslationKey) => ({
  id: `${PLUGIN_ID}.${key}`,
  defaultMessage: en[key],
});

/** Formats the panel's texts in the admin's language. */
export function useTranslate(): (key: TranslationKey, values?: Values) => string {
  const intl = useIntl();
  return useCallback((key, values) => intl.formatMessage(message(key), values), [intl]);
}

/** The languages there are files for. */
const languages: Record<string, () => Promise<{ default: Record<string, string> }>> = {
  en: () => Promise.resolve({ default: en }),
  de: () => import('../translations/de.json'),
  es: () => import('../translations/es.json'),
  fr: () => import('../translations/fr.json'),
  pt: () => import('../translations/pt.json'),
};

/** The texts of these locales, as Strapi takes them: `pt-BR` gets those of `pt`. */
export const loadTranslations = (locales: string[]) =>
  Promise.all(
    locales.map(async (locale) => {
      const load = languages[locale] ?? languages[locale.split('-')[0]];
      const texts = load === undefined ? {} : (await load()).default;
      const data = Object.fromEntries(
        Object.entries(texts).map(([key, text]) => [`${PLUGIN_ID}.${key}`, text]),
      );
      return { data, locale };
    }),
  );
