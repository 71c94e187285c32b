import { Box, Typography } from '@strapi/design-system';

/** There is nothing to set: says why. */
export const Empty = ({ children }: { children: string }) => (
  <Box padding={6} background="neutral100" hasRadius textAlign="center">
    <Typography textColor="neutral600">{children}</Typography>
  </Box>
);
