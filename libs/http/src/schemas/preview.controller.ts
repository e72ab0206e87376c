import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Previewer } from '#control';
import { Requires } from '../auth/requires.js';

/** What a mapping would do with a message. */
@ApiTags('schemas')
@ApiBearerAuth()
@Controller('api/preview')
export class PreviewController {
  constructor(private readonly previewer: Previewer) {}

  @Post()
  @HttpCode(200)
  @Requires('schemas:read')
  @ApiBody({
    schema: {
      type: 'object',
      required: ['topic'],
      properties: {
        schema: { type: 'object', description: 'A mapping document, or' },
        schemaId: {
          type: 'string',
          description: 'the id of a registered one; neither: the one that would take it',
        },
        topic: { type: 'string' },
        payload: { description: 'A string is the raw text, other JSON its serialisation' },
        payloadBase64: { type: 'string' },
      },
    },
  })
  @ApiOperation({ summary: 'Map a message without storing it, with a trace of each step' })
  preview(@Body() body: unknown): Promise<object> {
    return this.previewer.preview(body);
  }
}
