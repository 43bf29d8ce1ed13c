using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Orleans.Storage;

namespace OrleansZk.Silo.Tests.Clustering;

/// <summary>The provider that Orleans ships, over our tables and queries.</summary>
[Collection(PostgresGroup.Name)]
public sealed class GrainStorageTests(PostgresFixture fixture) : IAsyncLifetime
{
    private const string StateName = "tally";

    private SiloDatabase _database = null!;
    private IGrainStorage _storage = null!;

    private static CancellationToken Cancellation => SiloDatabase.Cancellation;

    public async ValueTask InitializeAsync()
    {
        _database = await SiloDatabase.CreateAsync(fixture.Server);
        _storage = await OpenAsync();
    }

    public ValueTask DisposeAsync() => _database?.DisposeAsync() ?? ValueTask.CompletedTask;

    public static TheoryData<string> Keys => new()
    {
        "text",
        "/a/path of ünusual characters 😀",
        "/" + new string('x', 100_000), // Longer than any index takes.
        GrainIdKeyExtensions.CreateIntegerKey(-5).ToString()!,
        GrainIdKeyExtensions.CreateIntegerKey(5, "extension").ToString()!,
        GrainIdKeyExtensions.CreateGuidKey(new Guid("0123456789abcdef0123456789abcdef")).ToString()!,
        GrainIdKeyExtensions.CreateGuidKey(new Guid("0123456789abcdef0123456789abcdef"), "extension").ToString()!,
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public async Task What_was_written_is_read(string key)
    {
        GrainId grain = Grain(key);
        var state = new TallyState { State = new Tally { Count = 1, Text = "öne" } };
        await WriteAsync(grain, state);
        (state.ETag, state.RecordExists).ShouldBe(("1", true));
        state.Tally.Count = 2;
        await WriteAsync(grain, state);
        state.ETag.ShouldBe("2");

        TallyState read = await ReadAsync(grain);

        (read.Tally.Count, read.Tally.Text, read.ETag, read.RecordExists).ShouldBe((2, "öne", "2", true));
    }

    [Fact]
    public async Task State_that_was_never_written_is_new()
    {
        TallyState read = await ReadAsync(Grain("never"));

        (read.Tally.Count, read.ETag, read.RecordExists).ShouldBe((0, null, false));
    }

    [Fact]
    public async Task Keys_and_names_that_look_alike_are_told_apart()
    {
        (string State, GrainId Grain)[] all =
        [
            (StateName, Grain("/a")), (StateName, Grain("/A")), (StateName, Grain("/a ")), (StateName + "2", Grain("/a")),
            (StateName, Grain(GrainIdKeyExtensions.CreateIntegerKey(1))), (StateName, Grain(GrainIdKeyExtensions.CreateIntegerKey(1, "/a"))),
            (StateName, Grain(GrainIdKeyExtensions.CreateGuidKey(Guid.Empty, "/b"))), (StateName + "/", Grain("a")), (StateName, Grain("/")),
        ];
        for (int i = 0; i < all.Length; i++)
        {
            await _storage.WriteStateAsync(all[i].State, all[i].Grain, new TallyState { State = new Tally { Count = i } }, Cancellation);
        }

        for (int i = 0; i < all.Length; i++)
        {
            (await ReadAsync(all[i].Grain, all[i].State)).Tally.Count.ShouldBe(i);
        }
    }

    [Fact]
    public async Task Services_do_not_see_each_others_state()
    {
        await WriteAsync(Grain("/a"), new TallyState { State = new Tally { Count = 1 } });

        IGrainStorage other = await OpenAsync(serviceId: "other");
        var read = new TallyState();
        await other.ReadStateAsync(StateName, Grain("/a"), read, Cancellation);

        read.RecordExists.ShouldBeFalse();
    }

    [Fact]
    public async Task A_write_with_a_stale_etag_is_refused()
    {
        GrainId grain = Grain("/a");
        await WriteAsync(grain, new TallyState { State = new Tally { Count = 1 } });
        TallyState stale = await ReadAsync(grain);
        TallyState fresh = await ReadAsync(grain);
        fresh.Tally.Count = 2;
        await WriteAsync(grain, fresh);

        stale.Tally.Count = 3;
        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync(grain, stale));

        TallyState read = await ReadAsync(grain);
        (read.Tally.Count, read.ETag).ShouldBe((2, "2"));
    }

    [Fact]
    public async Task A_first_write_where_there_is_state_is_refused()
    {
        GrainId grain = Grain("/a");
        await WriteAsync(grain, new TallyState { State = new Tally { Count = 1 } });

        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync(grain, new TallyState { State = new Tally { Count = 2 } }));

        (await ReadAsync(grain)).Tally.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_write_to_state_that_is_gone_is_refused()
    {
        GrainId grain = Grain("/a");
        var state = new TallyState();
        await WriteAsync(grain, state);
        await _database.ExecuteAsync("DELETE FROM orleans_grain_state");

        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync(grain, state));

        (await ReadAsync(grain)).RecordExists.ShouldBeFalse();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Of_those_who_write_at_once_one_succeeds(bool isThere)
    {
        for (int round = 0; round < 20; round++)
        {
            GrainId grain = Grain($"/{round}");
            if (isThere)
            {
                await WriteAsync(grain, new TallyState { State = new Tally { Count = -1 } });
            }

            TallyState[] states = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => ReadAsync(grain)));
            int[] winners = [.. (await Task.WhenAll(states.Select((state, writer) => Task.Run(
                async () =>
                {
                    state.Tally.Count = writer;
                    try
                    {
                        await WriteAsync(grain, state);
                        return writer;
                    }
                    catch (InconsistentStateException)
                    {
                        return -1;
                    }
                },
                Cancellation)))).Where(writer => writer >= 0)];

            TallyState read = await ReadAsync(grain);
            (read.Tally.Count, read.ETag).ShouldBe((winners.ShouldHaveSingleItem(), isThere ? "2" : "1"));
        }
    }

    [Fact]
    public async Task Cleared_state_keeps_its_version()
    {
        GrainId grain = Grain("/a");
        var state = new TallyState { State = new Tally { Count = 1 } };
        await WriteAsync(grain, state);
        TallyState stale = await ReadAsync(grain);

        await _storage.ClearStateAsync(StateName, grain, state, Cancellation);

        (state.Tally.Count, state.ETag, state.RecordExists).ShouldBe((0, "2", false));
        TallyState read = await ReadAsync(grain);
        (read.Tally.Count, read.ETag, read.RecordExists).ShouldBe((0, "2", false));
        await Should.ThrowAsync<InconsistentStateException>(() => WriteAsync(grain, stale));
        await Should.ThrowAsync<InconsistentStateException>(() => _storage.ClearStateAsync(StateName, grain, stale, Cancellation));

        read.Tally.Count = 3;
        await WriteAsync(grain, read);
        read = await ReadAsync(grain);
        (read.Tally.Count, read.ETag, read.RecordExists).ShouldBe((3, "3", true));
    }

    [Fact]
    public async Task Cleared_state_can_be_deleted_instead()
    {
        IGrainStorage deleting = await OpenAsync("Deleting");
        GrainId grain = Grain("/a");
        var state = new TallyState { State = new Tally { Count = 1 } };
        await deleting.WriteStateAsync(StateName, grain, state, Cancellation);
        await deleting.WriteStateAsync(StateName, grain, state, Cancellation);
        var stale = new TallyState { ETag = "1", RecordExists = true };
        await Should.ThrowAsync<InconsistentStateException>(() => deleting.ClearStateAsync(StateName, grain, stale, Cancellation));

        await deleting.ClearStateAsync(StateName, grain, state, Cancellation);

        (state.ETag, state.RecordExists).ShouldBe((null, false));
        (await _database.CountAsync("SELECT count(*) FROM orleans_grain_state")).ShouldBe(0);
        await deleting.WriteStateAsync(StateName, grain, state, Cancellation);
        state.ETag.ShouldBe("1");
    }

    [Fact]
    public async Task Clearing_what_was_never_written_does_nothing()
    {
        var state = new TallyState();
        await _storage.ClearStateAsync(StateName, Grain("/a"), state, Cancellation);

        (state.ETag, await _database.CountAsync("SELECT count(*) FROM orleans_grain_state")).ShouldBe((null, 0));
    }

    [Fact]
    public async Task A_state_of_a_megabyte_comes_back_whole()
    {
        string text = string.Create(1 << 20, 0, (span, _) =>
        {
            var random = new Random(7);
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = (char)random.Next('0', 'z');
            }
        });
        GrainId grain = Grain("/large");
        await WriteAsync(grain, new TallyState { State = new Tally { Text = text } });

        (await ReadAsync(grain)).Tally.Text.ShouldBe(text);
        (await _database.CountAsync("SELECT length(payload) FROM orleans_grain_state")).ShouldBeGreaterThan(1 << 20);
    }

    private static GrainId Grain(string key) => GrainId.Create("tally", key);

    private static GrainId Grain(IdSpan key) => GrainId.Create(GrainType.Create("tally"), key);

    private async Task<IGrainStorage> OpenAsync(string name = "Default", string serviceId = "service")
    {
        IHost silo = _database.Silo(serviceId: serviceId);
        var storage = silo.Services.GetRequiredKeyedService<IGrainStorage>(name);
        var lifecycle = new SiloLifecycle();
        ((ILifecycleParticipant<ISiloLifecycle>)storage).Participate(lifecycle);
        await lifecycle.OnStart(Cancellation);
        return storage;
    }

    private Task WriteAsync(GrainId grain, TallyState state) => _storage.WriteStateAsync(StateName, grain, state, Cancellation);

    private async Task<TallyState> ReadAsync(GrainId grain, string stateName = StateName)
    {
        var state = new TallyState();
        await _storage.ReadStateAsync(stateName, grain, state, Cancellation);
        return state;
    }

    public sealed class Tally
    {
        public int Count { get; set; }

        public string Text { get; set; } = "";
    }

    private sealed class TallyState : IGrainState<Tally>
    {
        public Tally? State { get; set; } = new();

        public string? ETag { get; set; }

        public bool RecordExists { get; set; }

        public Tally Tally => State.ShouldNotBeNull();
    }

    /// <summary>Takes the storage through a silo's stages without a silo.</summary>
    private sealed class SiloLifecycle() : LifecycleSubject(NullLogger.Instance), ISiloLifecycle
    {
        public int HighestCompletedStage => int.MinValue;

        public int LowestStoppedStage => int.MaxValue;
    }
}
