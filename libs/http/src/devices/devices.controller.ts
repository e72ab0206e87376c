import { Body, Controller, Delete, Get, Param, Put, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { AccountPolicy } from '#access';
import { DeviceRegistry } from '#control';
import { Ingest } from '#ingest';
import { GlossaError, paths, type Device } from '#model';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiTags } from '../docs/decorators.js';
import { Policy, Requires } from '../auth/requires.js';
import { Answers, AnswersList, Takes } from '../docs/answers.js';
import { BaseUrl, listPage, listParameters, type ListPage } from '../query/pages.js';
import { ReadsQuery } from '../query/query.guard.js';
import { Parameters, type RawQuery } from '../query/parameters.js';
import { checkDevice } from './translate.js';

/** Devices, registered or made by their first message. */
@ApiTags('devices')
@ApiBearerAuth()
@Controller('api/devices')
export class DevicesController {
  constructor(
    private readonly devices: DeviceRegistry,
    private readonly ingest: Ingest,
    private readonly base: BaseUrl,
  ) {}

  @Put(':id')
  @Requires('devices:write')
  @Takes('DeviceInput', { required: false })
  @Answers('Device', { status: [200, 201] })
  @ApiOperation({ summary: 'Register a device: its title, schemas, feature of interest and account' })
  async put(
    @Param('id') id: string,
    @Body() body: unknown,
    @Policy() policy: AccountPolicy,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<object> {
    const { device, created } = await this.devices.put(id, checkDevice(id, body), policy, this.ingest);
    void reply.code(created ? 201 : 200).header('Location', this.base.iri(paths.device(id)));
    return this.#show(device, policy);
  }

  @Get()
  @Requires('devices:read')
  @AnswersList('Device')
  @ApiOperation({ summary: 'Devices, by id' })
  async list(
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
    @Req() request: FastifyRequest,
  ): Promise<ListPage<object>> {
    const { limit, cursor } = listParameters(request, query);
    const { items, next } = await this.devices.list(policy, limit, cursor);
    return listPage(
      items.map((device) => this.#show(device, policy)),
      next,
      request,
      query,
      this.base,
    );
  }

  @Get(':id')
  @Requires('devices:read')
  @Answers('Device')
  @ApiOperation({ summary: 'One device' })
  async one(
    @Param('id') id: string,
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
  ): Promise<object> {
    new Parameters(query, []).check();
    return this.#show(await this.devices.get(id, policy), policy);
  }

  @Delete(':id')
  @ReadsQuery()
  @Requires('devices:write')
  @ApiQuery({
    name: 'purge',
    enum: ['true', 'false'],
    required: false,
    description: 'Delete its observations too, which needs observations:delete',
  })
  @Answers('DeviceRemoved')
  @ApiOperation({ summary: 'Delete a device; its observations stay unless purged' })
  async remove(
    @Param('id') id: string,
    @Query() query: RawQuery,
    @Policy() policy: AccountPolicy,
  ): Promise<{ deletedObservations: number }> {
    const parameters = new Parameters(query, ['purge']);
    const purge = parameters.choice('purge', ['true', 'false'], 'false') === 'true';
    parameters.check();
    if (purge && !policy.may('observations:delete').allowed)
      throw new GlossaError(
        'forbidden',
        `${policy.username} lacks the permission observations:delete, which purge=true needs`,
      );
    return { deletedObservations: await this.devices.remove(id, purge, policy, this.ingest) };
  }

  /** Who signs in with which name is told to those who may change it. */
  #show({ account, ...device }: Device, policy: AccountPolicy): object {
    const told = account !== undefined && policy.may('devices:write').allowed;
    return { ...device, ...(told && { account }), iri: this.base.iri(paths.device(device.id)) };
  }
}
