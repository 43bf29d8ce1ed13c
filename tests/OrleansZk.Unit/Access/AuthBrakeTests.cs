using System.Globalization;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Core.Access;

namespace OrleansZk.Unit.Access;

/// <summary>How long who tries one password after another must wait.</summary>
public sealed class AuthBrakeTests
{
    private const string Address = "10.0.0.1";

    private readonly FakeTimeProvider _clock = new();
    private readonly AuthBrake _brake;
    private int _guesses;

    public AuthBrakeTests() => _brake = new AuthBrake(_clock);

    [Fact]
    public void As_many_as_any_client_has_are_taken_at_once_and_each_after_them_waits_for_the_one_before()
    {
        Guess(Address, AuthBrake.FreeAttempts).ShouldAllBe(wait => wait == TimeSpan.Zero);
        Guess(Address, 3).ShouldBe([TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(3)]);
    }

    [Fact]
    public void Who_goes_on_waits_longer_and_longer()
    {
        Guess(Address, AuthBrake.FreeAttempts);
        double[] waits = [.. Enumerable.Range(0, 200).Select(_ => Patiently(Address).TotalSeconds)];

        waits[..32].ShouldAllBe(wait => wait == 1);
        waits[^1].ShouldBe(16);
        waits.ShouldBe(waits.Order());
    }

    [Fact]
    public void What_was_taken_at_once_is_taken_at_once_again_beside_somebody_who_guesses()
    {
        byte[] own = "u:p"u8.ToArray();
        WaitOf(Address, own).ShouldBe(TimeSpan.Zero);
        Guess(Address, 1000);

        WaitOf(Address, own).ShouldBe(TimeSpan.Zero);
        WaitOf(Address, "u:another"u8).ShouldBe(AuthBrake.MaxDelay);
    }

    [Fact]
    public void Who_repeats_what_had_to_wait_waits_again()
    {
        Guess(Address, AuthBrake.FreeAttempts);
        WaitOf(Address, "u:p"u8).ShouldBe(TimeSpan.FromSeconds(1));
        WaitOf(Address, "u:p"u8).ShouldBe(TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Nobody_waits_for_longer_than_a_minute_and_all_is_forgiven_some_time_later()
    {
        Guess(Address, 10_000)[^1].ShouldBe(AuthBrake.MaxDelay);

        _clock.Advance(AuthBrake.MaxDelay + TimeSpan.FromSeconds(AuthBrake.FreeAttempts));
        Guess(Address, AuthBrake.FreeAttempts).ShouldAllBe(wait => wait == TimeSpan.Zero);
        Guess(Address, 1).ShouldBe([TimeSpan.FromSeconds(1)]);
    }

    [Theory]
    [InlineData("10.0.0.2", false)]
    [InlineData("::ffff:10.0.0.1", true)]
    [InlineData("2001:db8::1", false)]
    public void Addresses_are_counted_each_by_itself(string other, bool isSame)
    {
        Guess(Address, 1000);
        WaitOf(other, "u:p"u8).ShouldBe(isSame ? AuthBrake.MaxDelay : TimeSpan.Zero);
    }

    [Fact]
    public void A_network_of_IPv6_is_one_address()
    {
        Guess("2001:db8:0:1::1", 1000);
        WaitOf("2001:db8:0:1:ffff::2", "u:p"u8).ShouldBe(AuthBrake.MaxDelay);
        WaitOf("2001:db8:0:2::1", "u:p"u8).ShouldBe(TimeSpan.Zero);
    }

    [Fact]
    public void Callers_within_the_process_never_wait() => Guess("0.0.0.0", 1000).ShouldAllBe(wait => wait == TimeSpan.Zero);

    [Fact]
    public void No_more_addresses_than_its_limit_are_remembered_and_the_last_used_stay()
    {
        Guess(Address, 1000);
        for (int i = 0; i < 3 * AuthBrake.MaxAddresses; i++)
        {
            Guess(string.Create(CultureInfo.InvariantCulture, $"11.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}"), 1);
            if (i % 1000 == 0)
            {
                Guess(Address, 1).ShouldBe([AuthBrake.MaxDelay]);
            }
        }

        _brake.AddressCount.ShouldBe(AuthBrake.MaxAddresses);
        WaitOf(Address, "u:p"u8).ShouldBe(AuthBrake.MaxDelay);
    }

    private List<TimeSpan> Guess(string address, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => WaitOf(address, Encoding.ASCII.GetBytes($"u:{++_guesses}")))];

    /// <summary>Tries once, and lets the time pass that it takes.</summary>
    private TimeSpan Patiently(string address)
    {
        TimeSpan wait = Guess(address, 1)[0];
        _clock.Advance(wait);
        return wait;
    }

    private TimeSpan WaitOf(string address, ReadOnlySpan<byte> credentials)
    {
        long now = _clock.GetTimestamp();
        return _clock.GetElapsedTime(now, Math.Max(now, _brake.NotBefore(address, credentials)));
    }
}
