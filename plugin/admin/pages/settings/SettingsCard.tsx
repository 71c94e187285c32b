import { type ReactNode } from 'react';
import { Box, Flex, Typography } from '@strapi/design-system';

interface SettingsCardProps {
  title: string;
  description?: string;
  children: ReactNode;
}

/** Settings that belong together, under a heading. */
export function SettingsCard({ title, description, children }: SettingsCardProps) {
  return (
    <Box
      tag="section"
      background="neutral0"
      hasRadius
      shadow="filterShadow"
      padding={{ initial: 4, medium: 6 }}
    >
      <Flex direction="column" alignItems="stretch" gap={6}>
        <Flex direction="column" alignItems="stretch" gap={1}>
          <Typography variant="delta" tag="h2">
            {title}
          </Typography>
          {description !== undefined && (
            <Typography variant="pi" textColor="neutral600" tag="p">
              {description}
            </Typography>
          )}
        </Flex>
        {children}
      </Flex>
    </Box>
  );
}
