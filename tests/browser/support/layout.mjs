// Where things are on a page.

/** By how much a page is wider than its place. Strapi cuts off what sticks out: no scroll bar tells. */
export const excessWidth = (page) =>
  page.getByRole('main').evaluate((main) => {
    let most = 0;
    for (let place = main; place !== null; place = place.parentElement) {
      most = Math.max(most, place.scrollWidth - place.clientWidth);
    }
    return most;
  });

/** Resolves when an element has the focus: it may be given a moment after the key. */
export const focused = async (page, locator) =>
  page.waitForFunction(
    (element) => element === globalThis.document.activeElement,
    await locator.elementHandle(),
  );
